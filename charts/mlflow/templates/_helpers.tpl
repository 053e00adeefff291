{{- define "mlflow.name" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains .Chart.Name .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" (.Release.Name | trunc 33) .Chart.Name }}
{{- end }}
{{- end }}

{{- define "mlflow.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "mlflow.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{ include "mlflow.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: slipway
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Takes a list: the root, and a value with repository, tag and digest. */}}
{{- define "mlflow.image" -}}
{{- $root := index . 0 }}
{{- $image := index . 1 }}
{{- with ($root.Values.global).imageRegistry }}{{ trimSuffix "/" . }}/{{ end }}
{{- $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "mlflow.securityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
privileged: false
readOnlyRootFilesystem: true
{{- end }}

{{/* What every pod says; takes a list: the root, and the user id. */}}
{{- define "mlflow.pod" -}}
{{- $root := index . 0 }}
{{- $user := index . 1 }}
serviceAccountName: {{ include "mlflow.name" $root }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with concat $root.Values.imagePullSecrets (($root.Values.global).imagePullSecrets | default list) }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ $user }}
  runAsGroup: {{ $user }}
  fsGroup: {{ $user }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with $root.Values.scheduling.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.scheduling.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The Secret with what this chart makes itself. */}}
{{- define "mlflow.secret" -}}
{{ include "mlflow.name" . }}-made
{{- end }}

{{/* Takes a list: the root, a key and a length: what the Secret holds under it already, else something new. */}}
{{- define "mlflow.made" -}}
{{- $root := index . 0 }}
{{- $present := lookup "v1" "Secret" $root.Release.Namespace (include "mlflow.secret" $root) }}
{{- $value := index ($present.data | default dict) (index . 1) }}
{{- $value | default (randAlphaNum (index . 2 | int) | b64enc) }}
{{- end }}

{{/* Takes a list: name of the variable, Secret and key. */}}
{{- define "mlflow.fromSecret" -}}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef:
      name: {{ index . 1 }}
      key: {{ index . 2 }}
{{- end }}
