"""PyPI wechatpayv3 (API v3) and wechatpy (API v2) against the sandbox."""

import itertools
import json
import os
import sys
import time
import unittest
import uuid

import wechatpayv3.core
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpy.pay import WeChatPay as WeChatPayV2
from wechatpy.pay.utils import calculate_signature

from house import House

NUMBERS = itertools.count(1)


def number(prefix="P"):
    return f"{prefix}-{os.getpid()}-{next(NUMBERS):06}"


class Interop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.house = House()

        # The address is fixed in the SDK's constructor, which asks for certificates already.
        class Local(wechatpayv3.core.Core):
            _gate_way = property(lambda _: cls.house.base, lambda _, __: None)

        cls.genuine_core = wechatpayv3.core.Core
        wechatpayv3.core.Core = Local

    @classmethod
    def tearDownClass(cls):
        wechatpayv3.core.Core = cls.genuine_core
        cls.house.close()

    def sdk(self, merchant):
        house = self.house
        key = house.read(merchant["keyFile"])
        known = {}
        if merchant["verifiesBy"] == "public_key":
            known = {"public_key": house.read("wechatpay_public_key.pem"), "public_key_id": house.identity["publicKeyId"]}
        return WeChatPay(
            wechatpay_type=WeChatPayType.MINIPROG, mchid=merchant["mchid"], private_key=key,
            cert_serial_no=merchant["merchantSerial"], apiv3_key=merchant["apiV3Key"], appid=house.identity["appid"],
            notify_url="https://pay.example.com/notify", **known,
        )

    def pay(self, sdk, prepay_id):
        identity = self.house.identity
        params = {"timeStamp": str(int(time.time())), "nonceStr": uuid.uuid4().hex, "package": f"prepay_id={prepay_id}", "signType": "RSA"}
        params["paySign"] = sdk.sign([identity["appid"], params["timeStamp"], params["nonceStr"], params["package"]])
        return self.house.control("pay", {**params, "openid": identity["users"][0]["openid"]})

    def test_v3_in_both_key_modes(self):
        openid = self.house.identity["users"][0]["openid"]
        for merchant in self.house.identity["merchants"]:
            with self.subTest(merchant["verifiesBy"]):
                sdk = self.sdk(merchant)
                out_trade_no = number()
                code, message = sdk.pay(description="西湖龙井 50g", out_trade_no=out_trade_no, amount={"total": 6800}, payer={"openid": openid})
                self.assertEqual(code, 200, message)
                self.assertEqual(self.pay(sdk, json.loads(message)["prepay_id"]), {"errMsg": "requestPayment:ok"})

                notification = sdk.callback(*self.house.notified())
                self.assertEqual(notification["event_type"], "TRANSACTION.SUCCESS")
                self.assertEqual(notification["resource"]["out_trade_no"], out_trade_no)

                code, message = sdk.query(out_trade_no=out_trade_no)
                self.assertEqual((code, json.loads(message)["trade_state"]), (200, "SUCCESS"))
                self.assertEqual(sdk.close(out_trade_no)[0], 400, "paid")
                unpaid = number()
                sdk.pay(description="茶", out_trade_no=unpaid, amount={"total": 1}, payer={"openid": openid})
                self.assertEqual(sdk.close(unpaid)[0], 204)

                out_refund_no = number("R")
                code, message = sdk.refund(
                    out_refund_no=out_refund_no, out_trade_no=out_trade_no, reason="不想要了",
                    amount={"refund": 6800, "total": 6800, "currency": "CNY"}, notify_url="https://pay.example.com/refunded",
                )
                self.assertEqual((code, json.loads(message)["status"]), (200, "PROCESSING"))
                refunded = sdk.callback(*self.house.notified())
                self.assertEqual(refunded["event_type"], "REFUND.SUCCESS")
                code, message = sdk.query_refund(out_refund_no)
                self.assertEqual(json.loads(message)["status"], "SUCCESS")

    def test_v3_certificates_are_fetched_at_the_start(self):
        sdk = self.sdk(self.house.identity["merchants"][1])
        serials = [f"{certificate.serial_number:X}" for certificate in sdk._core._certificates]
        known = self.house.identity["merchants"][1]["platformCertificates"]
        self.assertEqual(serials, [certificate["serial"] for certificate in known])

    def test_v3_a_forged_notification_is_not_opened(self):
        merchant = self.house.identity["merchants"][1]
        sdk = self.sdk(merchant)
        out_trade_no = number()
        openid = self.house.identity["users"][0]["openid"]
        _, message = sdk.pay(description="茶", out_trade_no=out_trade_no, amount={"total": 1}, payer={"openid": openid})
        self.pay(sdk, json.loads(message)["prepay_id"])
        self.assertIsNotNone(sdk.callback(*self.house.notified()))
        for forgery in ["wrong_key", "re_encoded_body", "unknown_serial"]:
            self.house.control("notify", {"outTradeNo": out_trade_no, "forgery": forgery})
            self.assertFalse(sdk.callback(*self.house.notified()), forgery)

    def test_v2_orders_and_notifications(self):
        identity = self.house.identity
        merchant = identity["merchants"][0]
        openid = identity["users"][0]["openid"]

        class Local(WeChatPayV2):
            API_BASE_URL = self.house.base + "/"

        pay = Local(identity["appid"], merchant["apiV2Key"], merchant["mchid"])
        out_trade_no = number()
        made = pay.order.create(
            "JSAPI", "西湖龙井 50g", 6800, "https://pay.example.com/v2", client_ip="203.0.113.7", user_id=openid, out_trade_no=out_trade_no,
        )
        params = {"appId": identity["appid"], "timeStamp": str(int(time.time())), "nonceStr": uuid.uuid4().hex, "package": f"prepay_id={made['prepay_id']}", "signType": "MD5"}
        params["paySign"] = calculate_signature(params, merchant["apiV2Key"])
        self.assertEqual(self.house.control("pay", {**params, "openid": openid}), {"errMsg": "requestPayment:ok"})
        _, body = self.house.notified()
        self.assertEqual(pay.parse_payment_result(body)["out_trade_no"], out_trade_no)
        self.assertEqual(pay.order.query(out_trade_no=out_trade_no)["trade_state"], "SUCCESS")
        refunded = pay.refund.apply(total_fee=6800, refund_fee=100, out_refund_no=number("R"), out_trade_no=out_trade_no)
        self.assertEqual(refunded["refund_fee"], "100")
        self.assertEqual(pay.refund.query(out_trade_no=out_trade_no)["refund_count"], "1")


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    # In the words that build.sh counts.
    print(f"# pass {result.testsRun - failed}\n# fail {failed}", flush=True)
    sys.exit(failed > 0)
