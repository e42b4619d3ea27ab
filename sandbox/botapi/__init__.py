"""The Bot API as a bot meets it: routes, checks, and the methods the sandbox plays."""
