"""The HTTP API and the dashboards, one WSGI app over the published data."""
