{{/* A sync policy. Takes a dict: prune, options. */}}
{{- define "platform.syncPolicy" -}}
automated:
  prune: {{ .prune }}
  selfHeal: true
retry:
  limit: 10
  backoff: {duration: 10s, factor: 2, maxDuration: 5m}
syncOptions:
  - ServerSideApply=true
  {{- range .options }}
  - {{ . }}
  {{- end }}
{{- end }}

{{/*
Compare with what the API server would make of it. Together with ServerSideApply: what KServe's webhook, the autoscaler
and other controllers fill in makes no difference and is left alone, so nothing of an endpoint need be ignored.
*/}}
{{- define "platform.compareOptions" -}}
argocd.argoproj.io/compare-options: ServerSideDiff=true
{{- end }}

{{- define "platform.server" -}}https://kubernetes.default.svc{{- end }}

{{- define "platform.finalizer" -}}resources-finalizer.argocd.argoproj.io{{- end }}
