{{/* What every pod has: no rights, and its place. Takes (list . user group). */}}
{{- define "kfp.pod" -}}
{{- $root := index . 0 -}}
{{- $user := index . 1 -}}
{{- $group := index . 2 -}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ $user }}
  runAsGroup: {{ $group }}
  fsGroup: {{ $group }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with $root.Values.global.imagePullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- with $root.Values.scheduling.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $root.Values.scheduling.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.scheduling.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.scheduling.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* An image, which nobody may turn into more than it is. Takes (list . image). */}}
{{- define "kfp.container" -}}
image: {{ include "kfp.image" . }}
imagePullPolicy: IfNotPresent
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* An environment variable from a Secret. Takes (list variable secret key). */}}
{{- define "kfp.secretVariable" -}}
- name: {{ index . 0 }}
  valueFrom: {secretKeyRef: {name: {{ index . 1 }}, key: {{ index . 2 }}}}
{{- end }}

{{/* Waits until the database takes connections: ML Metadata gives up when it does not. */}}
{{- define "kfp.waitForDatabase" -}}
- name: wait-for-database
  {{- include "kfp.container" (list . .Values.database.image) | nindent 2 }}
  command: [mariadb-admin]
  args:
    - --no-defaults
    - --host={{ include "kfp.databaseHost" . }}
    - --port={{ include "kfp.databasePort" . }}
    - --user=$(DATABASE_USER)
    - --connect-timeout=5
    - --wait=120
    - --silent
    - ping
  env:
    {{- include "kfp.secretVariable" (list "DATABASE_USER" (include "kfp.databaseSecret" .) "username") | nindent 4 }}
    {{- include "kfp.secretVariable" (list "MYSQL_PWD" (include "kfp.databaseSecret" .) "password") | nindent 4 }}
  resources: {{- toYaml .Values.client.resources | nindent 4 }}
{{- end }}

{{/* A ServiceAccount's token for the API server, as its programs look for it. Takes the file's name. */}}
{{- define "kfp.tokenVolume" -}}
- name: token
  projected:
    sources:
      - serviceAccountToken: {audience: pipelines.kubeflow.org, expirationSeconds: 3600, path: {{ . }}}
{{- end }}
