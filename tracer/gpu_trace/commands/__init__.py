"""The commands: one file each, named in `gpu_trace.cli.COMMANDS`, imported when it is called and not before."""
