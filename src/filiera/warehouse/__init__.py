"""The warehouse: staging, core and marts, built from the lake by dbt on the chosen engine."""
