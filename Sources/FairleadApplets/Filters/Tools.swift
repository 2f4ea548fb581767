extension Applets {
    /// Those that are large enough to have files of their own.
    static let tools: [String: Applet] = [
        "grep": Grep.applet, "egrep": Grep.applet, "fgrep": Grep.applet, "sed": Sed.applet,
    ]
}
