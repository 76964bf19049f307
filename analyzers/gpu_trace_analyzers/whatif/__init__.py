"""How long would the same work take if only its true dependencies held it back? A model of host, engines and memory."""
