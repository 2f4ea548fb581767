extension Duration {
    /// The unit of swift-metrics' timers; clamped to what they can hold.
    package var wholeNanoseconds: Int64 {
        Int64(clamping: Int128(components.seconds) * 1_000_000_000 + Int128(components.attoseconds / 1_000_000_000))
    }
}
