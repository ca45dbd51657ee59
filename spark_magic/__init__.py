"""iFLYTEK Spark (讯飞星火) in a notebook."""

__version__ = "0.1.0"
