/// What there is to say to a question.
package struct Resolution: Sendable {
    package var code = ResponseCode.noError
    package var answers: [ResourceRecord] = []
    package var authorities: [ResourceRecord] = []
    package var additionals: [ResourceRecord] = []
    /// Answers from the zones are authoritative, refusals are not.
    package var isAuthoritative = true
    /// Where the answer ends in an alias that leads out of the zones: what is still to be asked, elsewhere.
    package var continuation: Question?

    static let refused = Resolution(code: .refused, isAuthoritative: false)
}
