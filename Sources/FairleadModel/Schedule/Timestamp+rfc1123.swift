extension Timestamp {
    /// `Thu, 01 Jan 2026 00:00:00 +0000`.
    package var rfc1123: String {
        let time = LocalTime(seconds: seconds)
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let date = rfc3339
        return "\(weekdays[Int(time.weekday)]), \(date.dropFirst(8).prefix(2)) \(months[Int(time.month) - 1]) "
            + "\(date.prefix(4)) \(date.dropFirst(11).prefix(8)) +0000"
    }
}
