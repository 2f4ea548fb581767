/// What there is to say to a question.
struct Resolution: Sendable {
    var code = ResponseCode.noError
    var answers: [ResourceRecord] = []
    var authorities: [ResourceRecord] = []
    var additionals: [ResourceRecord] = []
    /// Answers from the zones are authoritative, refusals are not.
    var isAuthoritative = true
    /// Whether there is more than has been made: the answer would be cut there anyway.
    var isCut = false
    /// Where the answer ends in an alias that leads out of the zones: what is still to be asked, elsewhere.
    var continuation: Question?

    static let refused = Resolution(code: .refused, isAuthoritative: false)
}
