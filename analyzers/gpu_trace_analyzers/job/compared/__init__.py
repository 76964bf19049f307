"""Ranks beside each other: on one clock, with their collectives matched, and each against those that did the same."""
