"""Do predictions of ``gpu-trace whatif`` come true? Pairs of scripts, predicted from before, timed after."""
