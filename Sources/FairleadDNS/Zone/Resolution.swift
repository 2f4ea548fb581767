/// The answer to a question, before it is encoded.
struct Resolution: Sendable {
    var code = ResponseCode.noError
    var answers: [ResourceRecord] = []
    var authorities: [ResourceRecord] = []
    var additionals: [ResourceRecord] = []
    /// Answers from the zones are authoritative, refusals are not.
    var isAuthoritative = true
    /// Whether there are more records than were generated: the answer would be truncated there anyway.
    var isCut = false
    /// The question to forward if the answer ends in an alias that leads out of the zones.
    var continuation: Question?

    static let refused = Resolution(code: .refused, isAuthoritative: false)
}
