"""Where rows come from: files, tables, the embedded operational database."""
