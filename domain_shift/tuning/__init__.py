"""Tuning: search for mashup settings that match the test clips."""
