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
{{- with $root.Values.imagePullSecrets }}
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

{{- define "mlflow.adminEnvironment" -}}
- name: MLFLOW_AUTH_ADMIN_USERNAME
  value: {{ .Values.auth.adminUsername | quote }}
{{- if .Values.auth.existingSecret }}
{{ include "mlflow.fromSecret" (list "MLFLOW_AUTH_ADMIN_PASSWORD" .Values.auth.existingSecret "password") }}
{{- else }}
{{ include "mlflow.fromSecret" (list "MLFLOW_AUTH_ADMIN_PASSWORD" (include "mlflow.secret" .) "admin-password") }}
{{- end }}
{{- end }}

{{/* The step that migrates the database and declares the users; a container. */}}
{{- define "mlflow.prepare" -}}
- name: prepare
  image: {{ include "mlflow.image" (list . .Values.image) }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [python, -m, slipway.tracking_server, prepare]
  env:
    {{- include "mlflow.storesEnvironment" . | nindent 4 }}
    {{- include "mlflow.adminEnvironment" . | nindent 4 }}
    {{- $users := list }}
    {{- range .Values.auth.users }}
    {{- $users = append $users (pick . "name" "permission") }}
    {{- end }}
    - name: SLIPWAY_USERS
      value: {{ $users | toJson | quote }}
  terminationMessagePolicy: FallbackToLogsOnError
  resources:
    {{- toYaml .Values.migration.resources | nindent 4 }}
  securityContext:
    {{- include "mlflow.securityContext" . | nindent 4 }}
  volumeMounts:
    - name: tmp
      mountPath: /tmp
    {{- if .Values.auth.users }}
    - name: users
      mountPath: /etc/mlflow/users
      readOnly: true
    {{- end }}
{{- end }}

{{/* The volumes of that step. */}}
{{- define "mlflow.prepareVolumes" -}}
- name: tmp
  emptyDir: {}
{{- if .Values.auth.users }}
- name: users
  projected:
    sources:
      {{- range .Values.auth.users }}
      - secret:
          name: {{ .secret }}
          items:
            - key: {{ .key }}
              path: {{ .name }}
      {{- end }}
{{- end }}
{{- end }}

{{/* Pods with this label reach the stores. */}}
{{- define "mlflow.storesLabel" -}}
slipway.dev/mlflow-stores: allowed
{{- end }}
