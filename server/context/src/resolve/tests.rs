//! Resolution over fixtures of several files.
