extension Duration {
    /// As timers of swift-metrics take them; at most what they can count to.
    package var wholeNanoseconds: Int64 {
        Int64(clamping: Int128(components.seconds) * 1_000_000_000 + Int128(components.attoseconds / 1_000_000_000))
    }
}
