/** Six mistakes; the test counts that tsc finds each. */
import { createCheckout } from 'wx-checkout';
import type { Checkout } from 'wx-checkout';

declare const checkout: Checkout;

export const mistakes = [
  createCheckout({ baseURL: 'https://pay.example.com' }),
  checkout.pay({ items: [{ sku: 'longjing-50g', quantity: '1' }], expectedAmount: 6800 }),
  checkout.pay({ items: [] }),
  checkout.view.phase === 'payed',
  checkout.payAgain(7),
  createCheckout({ baseUrl: 'https://pay.example.com' }).pay({ items: [], expectedAmount: 6800 }),
];
