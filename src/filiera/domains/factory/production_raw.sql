-- The operational table as the plants have it: every column may be NULL, and nothing but the id is unique.
CREATE TABLE IF NOT EXISTS public.production_raw (
    id BIGSERIAL PRIMARY KEY,
    plant VARCHAR(50),
    line VARCHAR(50),
    machine_id VARCHAR(50),
    production_date DATE,
    produced_qty INTEGER,
    scrap_qty INTEGER,
    created_at TIMESTAMP DEFAULT now()
);
CREATE INDEX IF NOT EXISTS idx_raw_date ON public.production_raw (production_date);
CREATE INDEX IF NOT EXISTS idx_raw_plant ON public.production_raw (plant);
CREATE INDEX IF NOT EXISTS idx_raw_created_at ON public.production_raw (created_at);
