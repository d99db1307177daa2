const limits = Behavior({ properties: { max: { type: Number, value: 9 } } })
Component({
  behaviors: [limits],
  options: { multipleSlots: true },
  properties: { value: { type: Number, value: 0 } },
  methods: {
    change(by) {
      const value = Math.max(0, Math.min(this.data.max, this.data.value + by))
      this.triggerEvent('change', { value })
    },
    less() { this.change(-1) },
    more() { this.change(1) },
  },
})
