{{- define "serving-runtime.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: slipway
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Takes a list: the root, and a value with repository, tag and digest. */}}
{{- define "serving-runtime.image" -}}
{{- $root := index . 0 }}
{{- $image := index . 1 }}
{{- with ($root.Values.global).imageRegistry }}{{ trimSuffix "/" . }}/{{ end }}
{{- $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "serving-runtime.securityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "serving-runtime.modelName" -}}
{{ "--name={{with index .Annotations `slipway.dev/model`}}{{.}}{{else}}{{.Name}}{{end}}" }}
{{- end }}

{{/* What KServe fills in from the annotations of an endpoint; Helm must not. */}}
{{- define "serving-runtime.annotation" -}}
{{ printf "{{index .Annotations `slipway.dev/%s`}}" . }}
{{- end }}
