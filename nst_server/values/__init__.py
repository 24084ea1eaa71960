"""Values: options, jobs, progress, errors and geometry; the standard library alone."""
