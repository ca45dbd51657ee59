"""Ask the sandbox through the vendor's own package and through langchain's; run by tests/test_sandbox_clients.py.

Takes the sandbox's port, prints one JSON object of what each client got.
"""

import json
import os
import sys

from langchain_community.chat_models import ChatSparkLLM as LangchainSpark
from langchain_core.messages import HumanMessage
from sparkai.core.messages import ChatMessage
from sparkai.llm.llm import ChatSparkLLM as VendorSpark

PORT = sys.argv[1]
URL, DOMAIN = f"ws://127.0.0.1:{PORT}/v3.5/chat", "generalv3.5"
KEYS = {f"spark_{name}": os.environ[f"SPARK_{name.upper()}"] for name in ("app_id", "api_key", "api_secret")}


def vendor(text, *, streaming=False):
    """Ask through the vendor's package."""
    model = VendorSpark(spark_api_url=URL, spark_llm_domain=DOMAIN, streaming=streaming, **KEYS)
    messages = [ChatMessage(role="user", content=text)]
    if streaming:
        return "".join(chunk.content for chunk in model.stream(messages))
    result = model.generate([messages])
    return [result.generations[0][0].text, result.llm_output["token_usage"]["total_tokens"]]


def vendor_error(text):
    """Return what the vendor's package says of a failure."""
    try:
        vendor(text)
    except Exception as problem:  # noqa: BLE001  # whatever class that package has for it
        return str(problem)
    return "no error"


def langchain(text):
    """Ask through langchain."""
    model = LangchainSpark(spark_api_url=URL, spark_llm_domain=DOMAIN, **KEYS)
    messages = [HumanMessage(text)]
    return [model.invoke(messages).content, "".join(chunk.content for chunk in model.stream(messages))]


got = {
    "vendor": vendor("sandbox: say hello"),
    "vendor_stream": vendor("sandbox: say hello", streaming=True),
    "vendor_error": vendor_error("sandbox: error 11200"),
    "langchain": langchain("sandbox: say hello"),
}
sys.stdout.write(json.dumps(got))
