"""Use cases, one function each: values in, values out, nothing printed. The public Python API."""
