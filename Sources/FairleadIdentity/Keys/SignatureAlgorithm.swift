/// The algorithms of tokens (RFC 7518, 3.1) that are accepted: those that kube-apiserver accepts.
enum SignatureAlgorithm: String, Sendable {
    case rs256 = "RS256"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
}
