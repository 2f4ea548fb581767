/// The paths that are open streams rather than files.
package enum SpecialPath {
    case descriptor(Int)
    case process(Int32, Int)

    /// nil for the path of a file.
    package init?(_ path: String) {
        switch path {
        case "/dev/stdin": self = .descriptor(0)
        case "/dev/stdout": self = .descriptor(1)
        case "/dev/stderr": self = .descriptor(2)
        case "/dev/tty": self = .descriptor(1)
        default:
            let parts = path.split(separator: "/")
            if parts.count == 3, parts[0] == "dev", parts[1] == "fd", let number = Int(parts[2]) {
                self = .descriptor(number)
            } else if parts.count == 4, parts[0] == "proc", parts[2] == "fd", let number = Int(parts[3]) {
                if parts[1] == "self" {
                    self = .descriptor(number)
                } else if let id = Int32(parts[1]) {
                    self = .process(id, number)
                } else {
                    return nil
                }
            } else {
                return nil
            }
        }
    }
}
