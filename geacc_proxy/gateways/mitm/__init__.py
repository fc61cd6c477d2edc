"""The mitmproxy gateway: the only place that knows what a flow is."""
