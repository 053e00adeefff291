{{/* What the users' part of the server reads; the password of the database stands in PGPASSWORD. */}}
{{- define "mlflow.configuration" -}}
auth.ini: |
  [mlflow]
  default_permission = {{ .Values.auth.defaultPermission }}
  database_uri = {{ include "mlflow.databaseUri" . }}
  auth_cache_ttl_seconds = {{ .Values.auth.cacheSeconds }}
  authorization_function = mlflow.server.auth:authenticate_request_basic_auth
{{- end }}

{{/* MLflow refuses other Host headers than these; each with and without its port. */}}
{{- define "mlflow.allowedHosts" -}}
{{- $name := include "mlflow.name" . }}
{{- $service := printf "%s.%s" $name .Release.Namespace }}
{{- $names := list $name $service (printf "%s.svc" $service) (printf "%s.svc.%s" $service .Values.service.clusterDomain) }}
{{- $hosts := list "localhost:*" "127.0.0.1:*" }}
{{- range concat $names (.Values.route.enabled | ternary .Values.route.hostnames list) }}
{{- $hosts = concat $hosts (list . (printf "%s:*" .)) }}
{{- end }}
{{- concat $hosts .Values.server.allowedHosts | join "," }}
{{- end }}
