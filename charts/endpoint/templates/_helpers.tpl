{{/* The prefix of Slipway's own labels and annotations. */}}
{{- define "endpoint.prefix" -}}slipway.dev{{- end }}

{{/* What KServe calls the Deployment, the Service and the pods. */}}
{{- define "endpoint.predictor" -}}
{{ .Release.Name }}-predictor
{{- end }}

{{- define "endpoint.podLabels" -}}
app: isvc.{{ include "endpoint.predictor" . }}
{{- end }}

{{/* Also on the pods: nothing that changes when only the chart does. */}}
{{- define "endpoint.lastingLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: slipway
{{ include "endpoint.prefix" . }}/endpoint: {{ .Release.Name }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "endpoint.labels" -}}
{{ include "endpoint.lastingLabels" . }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* Takes a list: the root, and a value with repository, tag and digest. */}}
{{- define "endpoint.image" -}}
{{- $root := index . 0 }}
{{- $image := index . 1 }}
{{- with ($root.Values.global).imageRegistry }}{{ trimSuffix "/" . }}/{{ end }}
{{- $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "endpoint.storageUri" -}}
{{- .Values.model.uri }}
{{- if and .Values.model.digest (hasPrefix "mlflow://" .Values.model.uri) }}?digest={{ .Values.model.digest }}{{ end }}
{{- end }}

{{- define "endpoint.autoscalerClass" -}}
{{- if not .Values.autoscaling.enabled }}none
{{- else if eq .Values.autoscaling.metric "cpu" }}hpa
{{- else }}external
{{- end }}
{{- end }}

{{/* Which series in Prometheus are those of this endpoint's pods. */}}
{{- define "endpoint.series" -}}
namespace="{{ .Release.Namespace }}",pod=~"{{ include "endpoint.predictor" . }}-[a-z0-9]+-[a-z0-9]+"
{{- end }}

{{- define "endpoint.securityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "endpoint.namespacePeer" -}}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ . }}
{{- end }}
