"""Domain shift between synthetic training clips and the test clips."""
