{{/*
Names are those of Kubeflow's own manifests: its programs and its SDK know several of them by heart
(ml-pipeline, metadata-grpc-service, pipeline-runner, kfp-launcher). So there is one release in a namespace.
*/}}

{{- define "kfp.chart" -}}
{{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* What selects the pods of one component. Takes (list . component). */}}
{{- define "kfp.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: kubeflow-pipelines
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* The labels of an object of one component. Takes (list . component). */}}
{{- define "kfp.labels" -}}
{{- $root := index . 0 -}}
{{ include "kfp.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/part-of: slipway
helm.sh/chart: {{ include "kfp.chart" $root }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Name, namespace and labels. Takes (list . name component). */}}
{{- define "kfp.metadata" -}}
{{- $root := index . 0 -}}
name: {{ index . 1 }}
namespace: {{ $root.Release.Namespace }}
labels: {{- include "kfp.labels" (list $root (index . 2)) | nindent 2 }}
{{- end }}

{{/* The reference of an image. Takes (list . image). */}}
{{- define "kfp.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $registry := $root.Values.global.imageRegistry | default $image.registry -}}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag }}{{ end }}
{{- end }}

{{- define "kfp.databaseSecret" -}}
{{ .Values.database.existingSecret | default "mysql-secret" }}
{{- end }}

{{- define "kfp.databaseHost" -}}
{{- if .Values.database.bundled }}mysql{{ else }}{{ required "database.external.host: expected a host, got none; set it, or database.bundled=true" .Values.database.external.host }}{{ end }}
{{- end }}

{{- define "kfp.databasePort" -}}
{{ ternary 3306 (int .Values.database.external.port) .Values.database.bundled }}
{{- end }}

{{- define "kfp.storeSecret" -}}
{{ .Values.objectStore.existingSecret | default "mlpipeline-minio-artifact" }}
{{- end }}

{{- define "kfp.storeHost" -}}
{{- if .Values.objectStore.bundled }}seaweedfs.{{ .Release.Namespace }}.svc{{ else }}{{ required "objectStore.external.host: expected a host, got none; set it, or objectStore.bundled=true" .Values.objectStore.external.host }}{{ end }}
{{- end }}

{{- define "kfp.storePort" -}}
{{ ternary 9000 (int .Values.objectStore.external.port) .Values.objectStore.bundled }}
{{- end }}

{{/* "true" where the store speaks TLS. */}}
{{- define "kfp.storeTls" -}}
{{ and (not .Values.objectStore.bundled) .Values.objectStore.external.tls }}
{{- end }}

{{- define "kfp.storeUrl" -}}
{{ ternary "https" "http" (eq (include "kfp.storeTls" .) "true") }}://{{ include "kfp.storeHost" . }}:{{ include "kfp.storePort" . }}
{{- end }}

{{/* A value of a Secret: as it is in the cluster, or made anew. Takes (list . secret key). */}}
{{- define "kfp.kept" -}}
{{- $root := index . 0 -}}
{{- $there := lookup "v1" "Secret" $root.Release.Namespace (index . 1) -}}
{{- $data := dig "data" dict ($there | default dict) -}}
{{ get $data (index . 2) | default (randAlphaNum 32 | b64enc) }}
{{- end }}
