{{/* What selects the pods at one end of a conversation. Takes (list . component). */}}
{{- define "kfp.end" -}}
{{- if eq (index . 1) "steps" -}}
matchExpressions: [{key: workflows.argoproj.io/workflow, operator: Exists}]
{{- else if eq (index . 1) "anybody" -}}
matchLabels: {app.kubernetes.io/name: kubeflow-pipelines}
{{- else -}}
matchLabels: {{- include "kfp.selector" . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Ends outside of the namespace: where they are, and at which ports, as JSON. */}}
{{- define "kfp.outside" -}}
{{- $outside := dict "kubernetes" .Values.networkPolicy.kubernetesApi -}}
{{- range $name, $values := dict "database" .Values.database "object-store" .Values.objectStore }}
{{- if not $values.bundled }}
{{- $_ := set $outside $name (dict "cidrs" $values.external.cidrs "ports" (list $values.external.port)) }}
{{- end }}
{{- end }}
{{- $outside | toJson }}
{{- end }}

{{- define "kfp.ports" -}}
ports:
{{- range . }}
  - {protocol: TCP, port: {{ int . }}}
{{- end }}
{{- end }}

{{/* A rule of ingress for peers that a value names. Takes (list peers ports). */}}
{{- define "kfp.clients" -}}
{{- if index . 0 }}
- from: {{- index . 0 | toYaml | nindent 4 }}
  {{- include "kfp.ports" (index . 1) | nindent 2 }}
{{- end }}
{{- end }}

{{/* The rules of ingress of a component. Takes (list . component conversations). */}}
{{- define "kfp.ingress" -}}
{{- $root := index . 0 -}}
{{- $policy := $root.Values.networkPolicy -}}
{{- $component := index . 1 -}}
{{- range index . 2 }}
{{- if eq .to $component }}
- from:
    - podSelector: {{- include "kfp.end" (list $root .from) | nindent 8 }}
  {{- include "kfp.ports" .ports | nindent 2 }}
{{- end }}
{{- end }}
{{- if eq $component "api-server" }}
{{- include "kfp.clients" (list $policy.apiClients (list 8887 8888)) }}
{{- end }}
{{- if eq $component "ui" }}
{{- include "kfp.clients" (list $policy.uiClients (list 3000)) }}
{{- end }}
{{- with get (dict "api-server" 8888 "schedules" 9090 "workflow-controller" 9090) $component }}
{{- include "kfp.clients" (list $policy.metricsClients (list .)) }}
{{- end }}
{{- end }}

{{/* The rules of egress of a component. Takes (list . component conversations). */}}
{{- define "kfp.egress" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $outside := include "kfp.outside" $root | fromJson -}}
{{- $speaks := false -}}
{{- range index . 2 }}
{{- if eq .from $component }}
{{- $speaks = true }}
- to:
    {{- with get $outside .to }}
    {{- range .cidrs }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  {{- include "kfp.ports" .ports | nindent 2 }}
    {{- else }}
    - podSelector: {{- include "kfp.end" (list $root .to) | nindent 8 }}
  {{- with .ports }}{{ include "kfp.ports" . | nindent 2 }}{{ end }}
    {{- end }}
{{- end }}
{{- end }}
{{- if $speaks }}
- to: {{- toYaml $root.Values.networkPolicy.dns | nindent 4 }}
  ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
{{- end }}
{{- if eq $component "steps" }}
{{- with $root.Values.networkPolicy.stepsEgress }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}
