{{- define "mlflow.databaseHost" -}}
{{- if .Values.database.bundled }}
{{- include "mlflow.name" . }}-postgresql
{{- else }}
{{- required "database.host: name the host of the PostgreSQL, or set database.bundled" .Values.database.host }}
{{- end }}
{{- end }}

{{/* PostgreSQL's own variables; psycopg2 reads them as libpq does, so no address holds a password. */}}
{{- define "mlflow.databaseEnvironment" -}}
{{- $database := .Values.database }}
- name: PGHOST
  value: {{ include "mlflow.databaseHost" . | quote }}
- name: PGPORT
  value: {{ $database.port | quote }}
- name: PGDATABASE
  value: {{ $database.name | quote }}
- name: PGSSLMODE
  value: {{ $database.sslMode | quote }}
{{- if $database.existingSecret }}
{{ include "mlflow.fromSecret" (list "PGUSER" $database.existingSecret "username") }}
{{ include "mlflow.fromSecret" (list "PGPASSWORD" $database.existingSecret "password") }}
{{- else if $database.bundled }}
- name: PGUSER
  value: mlflow
{{ include "mlflow.fromSecret" (list "PGPASSWORD" (include "mlflow.secret" .) "database-password") }}
{{- else }}
{{- fail "database.existingSecret: name the Secret with username and password of the PostgreSQL" }}
{{- end }}
{{- end }}

{{- define "mlflow.artifactsEndpoint" -}}
{{- if .Values.artifacts.bundled }}http://{{ include "mlflow.name" . }}-seaweedfs:8333{{ else }}{{ .Values.artifacts.endpoint }}{{ end }}
{{- end }}

{{- define "mlflow.artifactsSecret" -}}
{{- .Values.artifacts.existingSecret | default (.Values.artifacts.bundled | ternary (include "mlflow.secret" .) "") }}
{{- end }}

{{- define "mlflow.artifactsKeys" -}}
{{- with include "mlflow.artifactsSecret" . }}
{{ include "mlflow.fromSecret" (list "AWS_ACCESS_KEY_ID" . "access-key") }}
{{ include "mlflow.fromSecret" (list "AWS_SECRET_ACCESS_KEY" . "secret-key") }}
{{- end }}
{{- end }}

{{/* Where both stores are, for MLflow and for what goes with it. */}}
{{- define "mlflow.storesEnvironment" -}}
{{ include "mlflow.databaseEnvironment" . }}
- name: MLFLOW_BACKEND_STORE_URI
  value: {{ include "mlflow.databaseUri" . | quote }}
- name: MLFLOW_ARTIFACTS_DESTINATION
  value: {{ printf "s3://%s/%s" .Values.artifacts.bucket .Values.artifacts.prefix | trimSuffix "/" | quote }}
- name: AWS_DEFAULT_REGION
  value: {{ .Values.artifacts.region | quote }}
{{- with include "mlflow.artifactsEndpoint" . }}
- name: AWS_ENDPOINT_URL
  value: {{ . | quote }}
{{- end }}
{{- include "mlflow.artifactsKeys" . }}
- name: SLIPWAY_MAKE_BUCKET
  value: {{ .Values.artifacts.bundled | quote }}
- name: SLIPWAY_WAIT_SECONDS
  value: {{ .Values.server.waitSeconds | quote }}
{{- end }}

{{- define "mlflow.databaseUri" -}}
postgresql+psycopg2://{{ include "mlflow.databaseHost" . }}:{{ .Values.database.port }}/{{ .Values.database.name }}
{{- end }}

{{/* Pods with this label reach the stores. */}}
{{- define "mlflow.storesLabel" -}}
slipway.dev/mlflow-stores: allowed
{{- end }}
