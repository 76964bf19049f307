"""What a notebook shows: objects that draw themselves as small HTML, and figures of plotly."""
