"""The version, where setup.cfg and the program both read it."""

VERSION = "0.1.0"
