/** A page as its author would write it: compiled together with WeChat's own typings, never run. */
import { createCheckout } from 'wx-checkout';
import type { Checkout, CheckoutError, Draft, View } from 'wx-checkout';

interface Data {
  checkout: View | null;
}

interface Custom {
  checkout: Checkout | null;
  buy(): Promise<void>;
}

Page<Data, Custom>({
  data: { checkout: null },
  checkout: null,

  async onLoad() {
    const checkout = await createCheckout({ baseUrl: 'https://pay.example.com', wx });
    this.checkout = checkout;
    checkout.onChange(view => this.setData({ checkout: view }));
    checkout.onOutcome(({ outcome, orderId }) => {
      if (outcome === 'paid' && orderId !== undefined) checkout.acknowledge(orderId);
    });
  },

  async buy() {
    const draft: Draft = { items: [{ sku: 'longjing-50g', quantity: 1 }], expectedAmount: 6800 };
    try {
      const result = await this.checkout!.pay(draft);
      if (result.outcome === 'paid') wx.showToast({ title: result.view.message.zh });
    } catch (error) {
      const { code, message, retry } = error as CheckoutError;
      wx.showModal({ title: code, content: `${message} ${retry}` });
    }
  },
});
