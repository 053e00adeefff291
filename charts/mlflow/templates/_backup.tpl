{{/* A step with one of the scripts of files/, by PostgreSQL's own tools; takes a list: the root, name and script. */}}
{{- define "mlflow.databaseStep" -}}
{{- $root := index . 0 }}
- name: {{ index . 1 }}
  image: {{ include "mlflow.image" (list $root $root.Values.postgresql.image) }}
  imagePullPolicy: {{ $root.Values.postgresql.image.pullPolicy }}
  command: [sh, -c]
  args:
    - |
      {{- $root.Files.Get (printf "files/%s" (index . 2)) | trim | nindent 6 }}
  env:
    {{- include "mlflow.databaseEnvironment" $root | nindent 4 }}
    - name: SCRATCH
      value: /scratch
  {{- include "mlflow.backupContainer" $root | nindent 2 }}
    - name: scratch
      mountPath: /scratch
    - name: tmp
      mountPath: /tmp
{{- end }}

{{/* A step of Slipway's; takes a list: the root, name and arguments. */}}
{{- define "mlflow.vaultStep" -}}
{{- $root := index . 0 }}
{{- $backup := $root.Values.backup }}
- name: {{ index . 1 }}
  image: {{ include "mlflow.image" (list $root $root.Values.image) }}
  imagePullPolicy: {{ $root.Values.image.pullPolicy }}
  command: [python, -m, slipway.tracking_server]
  args:
    {{- toYaml (index . 2) | nindent 4 }}
  env:
    {{- include "mlflow.storesEnvironment" $root | nindent 4 }}
    - name: JOB
      valueFrom:
        fieldRef:
          fieldPath: metadata.labels['batch.kubernetes.io/job-name']
    - name: SLIPWAY_BACKUPS_KEEP
      value: {{ $backup.keep | quote }}
    - name: SLIPWAY_BACKUPS
      {{- if $backup.s3.bucket }}
      value: {{ printf "s3://%s/%s" $backup.s3.bucket $backup.s3.prefix | trimSuffix "/" | quote }}
      {{- else }}
      value: /backups
      {{- end }}
    {{- if $backup.s3.bucket }}
    {{- with $backup.s3.endpoint }}
    - name: SLIPWAY_BACKUPS_ENDPOINT
      value: {{ . | quote }}
    {{- end }}
    {{- with $backup.s3.existingSecret }}
    {{- include "mlflow.fromSecret" (list "SLIPWAY_BACKUPS_ACCESS_KEY" . "access-key") | nindent 4 }}
    {{- include "mlflow.fromSecret" (list "SLIPWAY_BACKUPS_SECRET_KEY" . "secret-key") | nindent 4 }}
    {{- end }}
    {{- end }}
  {{- include "mlflow.backupContainer" $root | nindent 2 }}
    - name: scratch
      mountPath: /scratch
    - name: tmp
      mountPath: /tmp
    {{- if not $backup.s3.bucket }}
    - name: backups
      mountPath: /backups
    {{- end }}
{{- end }}

{{- define "mlflow.backupContainer" -}}
terminationMessagePolicy: FallbackToLogsOnError
resources:
  {{- toYaml .Values.backup.resources | nindent 2 }}
securityContext:
  {{- include "mlflow.securityContext" . | nindent 2 }}
volumeMounts:
{{- end }}

{{/* The volumes of those steps, beside `tmp`. */}}
{{- define "mlflow.backupVolumes" -}}
- name: scratch
  emptyDir:
    sizeLimit: {{ .Values.backup.scratchSize }}
{{- if not .Values.backup.s3.bucket }}
- name: backups
  persistentVolumeClaim:
    claimName: {{ .Values.backup.volume.existingClaim | default (printf "%s-backups" (include "mlflow.name" .)) }}
{{- end }}
{{- end }}
