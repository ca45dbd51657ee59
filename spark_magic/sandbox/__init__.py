"""A local gateway that speaks the vendor's protocol: try everything without an account, test everything offline.

It checks signature, clock, app id, domain and schema as strictly as the vendor's gateway is documented to, and its
answers say that they are scripted. What a question may ask of it stands in `spark_magic.sandbox.directives`.
"""

from .box import API_KEY, API_SECRET, APP_ID, Sandbox

__all__ = ["API_KEY", "API_SECRET", "APP_ID", "Sandbox"]
