"""From what a log holds to canonical events: columns, times, pseudonyms, consent, bad rows."""
