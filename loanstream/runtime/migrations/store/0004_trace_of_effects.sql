-- The W3C traceparent of what caused an effect, so that its sending shows in the same trace.
ALTER TABLE effects ADD COLUMN trace text NOT NULL DEFAULT '';
