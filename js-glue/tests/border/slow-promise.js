(function (setTimeout) {
  'use strict';
  // Promise as old iOS has it in a mini program: in JavaScript, and each step a round of setTimeout.
  // A function of the host's setTimeout, in ES5, so that any realm can be given it.

  function SlowPromise(executor) {
    if (!(this instanceof SlowPromise)) throw new TypeError('Promise is called with new');
    this._state = 'pending';
    this._value = undefined;
    this._waiting = [];
    var settle = once(this);
    try {
      executor(settle.resolve, settle.reject);
    } catch (thrown) {
      settle.reject(thrown);
    }
  }

  // The first of the two that is called decides.
  function once(promise) {
    var done = false;
    return {
      resolve: function (value) {
        if (done) return;
        done = true;
        adopt(promise, value);
      },
      reject: function (reason) {
        if (done) return;
        done = true;
        finish(promise, 'rejected', reason);
      },
    };
  }

  function adopt(promise, value) {
    var then;
    try {
      if (value === promise) throw new TypeError('a promise cannot wait for itself');
      then = value !== null && (typeof value === 'object' || typeof value === 'function') ? value.then : undefined;
    } catch (thrown) {
      finish(promise, 'rejected', thrown);
      return;
    }
    if (typeof then !== 'function') {
      finish(promise, 'fulfilled', value);
      return;
    }
    var settle = once(promise);
    setTimeout(function () {
      try {
        then.call(value, settle.resolve, settle.reject);
      } catch (thrown) {
        settle.reject(thrown);
      }
    }, 0);
  }

  function finish(promise, state, value) {
    promise._state = state;
    promise._value = value;
    promise._waiting.splice(0).forEach(function (wake) {
      setTimeout(wake, 0);
    });
  }

  SlowPromise.prototype.then = function (onFulfilled, onRejected) {
    var before = this;
    return new SlowPromise(function (resolve, reject) {
      function wake() {
        var handler = before._state === 'fulfilled' ? onFulfilled : onRejected;
        if (typeof handler !== 'function') {
          (before._state === 'fulfilled' ? resolve : reject)(before._value);
          return;
        }
        try {
          resolve(handler(before._value));
        } catch (thrown) {
          reject(thrown);
        }
      }
      if (before._state === 'pending') before._waiting.push(wake);
      else setTimeout(wake, 0);
    });
  };

  SlowPromise.prototype.catch = function (onRejected) {
    return this.then(undefined, onRejected);
  };

  SlowPromise.resolve = function (value) {
    if (value instanceof SlowPromise) return value;
    return new SlowPromise(function (resolve) {
      resolve(value);
    });
  };

  SlowPromise.reject = function (reason) {
    return new SlowPromise(function (_, reject) {
      reject(reason);
    });
  };

  SlowPromise.all = function (promises) {
    return new SlowPromise(function (resolve, reject) {
      var values = [];
      var left = promises.length;
      if (left === 0) resolve(values);
      promises.forEach(function (promise, at) {
        SlowPromise.resolve(promise).then(function (value) {
          values[at] = value;
          left -= 1;
          if (left === 0) resolve(values);
        }, reject);
      });
    });
  };

  return SlowPromise;
});
