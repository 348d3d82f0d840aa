"""The pages, a file per subject; each adds its routes to the console's."""
