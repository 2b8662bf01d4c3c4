"""What is special to one domain, and nothing else: contracts, example data, pages."""
