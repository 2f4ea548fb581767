/// Waits for something that tasks running beside the test bring about.
///
/// It gives up after so many looks, not after a time: where everything shares a few threads, a test that had no turn
/// for seconds has not waited yet, and neither had what it waits for.
///
/// - Returns: whether the condition came true within ten thousand looks, two milliseconds apart at least.
package func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<10_000 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(2))
    }
    return condition()
}
