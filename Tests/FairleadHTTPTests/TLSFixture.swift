/// A certificate of `localhost` that signs itself, for a hundred years, and its key.
enum TLSFixture {
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBnDCCAUGgAwIBAgIUYA2yRvjmb5XvuG8Uq5K3jKIYBB0wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDIwMzc0MFoYDzIxMjYxMTA2
        MjAzNzQwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAASRs2TCwVAtSd26sw0GhBkVd8mz6FSm70hCoy3UEkrvdQN/FdMBGpkP
        60QgG3H3+otbB0gGHwBMk0lw0PCwBf9Ho28wbTAdBgNVHQ4EFgQUuOEdlSdXvEWn
        6bvY2S+e4PtGscswHwYDVR0jBBgwFoAUuOEdlSdXvEWn6bvY2S+e4PtGscswDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSQAwRgIhAMfMgkvGUOc4QzAiDzmzCHrwzWPQwCj8PzRog9waiYqwAiEA
        qLT9PLKq8FNhc9tD9djP0spr+0LMk2NUWll0cvxqTtM=
        -----END CERTIFICATE-----
        """
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPp31YNgCkqNGb9y+
        ZuJHQrNsyzjGyr/QZfZBe74F0tGhRANCAASRs2TCwVAtSd26sw0GhBkVd8mz6FSm
        70hCoy3UEkrvdQN/FdMBGpkP60QgG3H3+otbB0gGHwBMk0lw0PCwBf9H
        -----END PRIVATE KEY-----
        """
}
