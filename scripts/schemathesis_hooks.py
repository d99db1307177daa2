"""What random bodies lack: whole numbers written as such, and a shop that has what is asked for."""

import schemathesis


@schemathesis.hook
def map_body(context, body):
    body = whole(body)
    if is_basket(body):
        # A sku may stand in several lines, and 999 of it are too many in all: no schema says that.
        body = {**body, "items": list({line["sku"]: line for line in body["items"]}.values())}
    if is_basket(body) and len(body["items"]) % 2 == 1:
        # Real orders, so that what comes after them is reached: the sandbox's shop sells this for 1 fen.
        quantity = body["items"][0]["quantity"]
        body = {**body, "items": [{"sku": "sample-5g", "quantity": quantity}], "expectedAmount": quantity}
    return body


def whole(value):
    """JSON Schema takes 1.0 for an integer. The server does not: who writes 68.00 means yuan."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {name: whole(item) for name, item in value.items()}
    return value


def is_basket(body):
    """Exactly what the description allows, so that a body that is wrong on purpose stays wrong."""
    return (
        isinstance(body, dict)
        and {"items", "expectedAmount"} <= set(body) <= {"items", "expectedAmount", "separate"}
        and is_whole(body["expectedAmount"], 1, 4294967295)
        and isinstance(body.get("separate", False), bool)
        and isinstance(body["items"], list)
        and 1 <= len(body["items"]) <= 50
        and all(
            isinstance(line, dict)
            and set(line) == {"sku", "quantity"}
            and isinstance(line["sku"], str)
            and is_whole(line["quantity"], 1, 999)
            for line in body["items"]
        )
    )


def is_whole(value, least, most):
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
