"""Verifies one webhook, given as JSON, on PyPI's standardwebhooks; says what it tells of."""
import json
import sys

from standardwebhooks import Webhook

delivery = json.loads(sys.argv[1])
event = Webhook(delivery["secret"]).verify(delivery["body"], delivery["headers"])
print(event["type"], event["data"]["orderId"])
