package tlsprobe

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
)

// SSL30 is the number of SSL 3.0, which crypto/tls no longer speaks.
const SSL30 uint16 = 0x0300

// Offer is what a client says that it can do. Version is the highest that it knows, TLS 1.2 at most.
type Offer struct {
	ServerName string // no final dot; empty: no name is asked for
	Version    uint16
	Suites     []uint16
}

// Choice is what a server answered to an offer: what it agreed to, or that it refuses.
type Choice struct {
	Accepted bool
	Version  uint16 // agreed to
	Suite    uint16 // agreed to
	Alert    uint8  // with which it refused (RFC 5246 7.2); 0: it hung up
}

// ErrAnswer means that the answer is none to a ClientHello: it tells nothing.
var ErrAnswer = errors.New("tlsprobe: the answer is not TLS")

const (
	recordAlert     = 21
	recordHandshake = 22
	clientHello     = 1
	serverHello     = 2

	maxRecord  = 1<<14 + 2048 // octets (RFC 5246 6.2.3)
	maxRecords = 8            // that may stand before the end of a ServerHello
	maxHello   = 4 << 10      // octets of a ServerHello
)

// Alerts with which a server says that it does not like what is offered.
const (
	alertHandshakeFailure     = 40
	alertIllegalParameter     = 47
	alertDecodeError          = 50
	alertProtocolVersion      = 70
	alertInsufficientSecurity = 71
	alertInternalError        = 80
)

// Ask makes an offer and reads the answer. The connection is of no use afterwards; its deadline bounds the wait. A
// server that refuses with an alert, or that hangs up on the offer, has answered; any other error means that nothing
// was learned.
func Ask(conn net.Conn, o Offer) (Choice, error) {
	hello, err := o.message()
	if err != nil {
		return Choice{}, err
	}
	if _, err := conn.Write(hello); err != nil {
		return Choice{}, fmt.Errorf("tlsprobe: %w", err)
	}
	c, err := readAnswer(bufio.NewReaderSize(conn, 2048), o)
	if c.Accepted {
		_, _ = conn.Write([]byte{recordAlert, 3, 1, 0, 2, 2, alertHandshakeFailure}) // so that the server knows why we go
	}
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return Choice{}, nil
	}
	return c, err
}

// message is the offer as one record.
func (o Offer) message() ([]byte, error) {
	body := binary.BigEndian.AppendUint16(nil, o.Version)
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	body = append(append(body, random...), 0) // no session
	suites := append(slices.Clone(o.Suites), 0x00ff)
	// The last says that renegotiation is safe (RFC 5746 3.3).
	body = binary.BigEndian.AppendUint16(body, uint16(2*len(suites))) //nolint:gosec // some dozens
	for _, s := range suites {
		body = binary.BigEndian.AppendUint16(body, s)
	}
	body = append(body, 1, 0) // no compression
	var ext []byte
	if name := strings.TrimSuffix(o.ServerName, "."); name != "" && len(name) < 256 {
		entry := append(binary.BigEndian.AppendUint16([]byte{0}, uint16(len(name))), name...) //nolint:gosec // below 256
		ext = extension(ext, 0, vector(entry))                                                // RFC 6066 3
	}
	ext = extension(ext, 10, vector([]byte{0, 29, 0, 23, 0, 24, 0, 25})) // X25519, P-256, P-384, P-521 (RFC 8422 5.1.1)
	ext = extension(ext, 11, []byte{1, 0})                               // points as they are (RFC 8422 5.1.2)
	if o.Version >= tls.VersionTLS12 {
		// RSA, RSA-PSS and ECDSA with SHA-256, 384, 512, and SHA-1, which old servers alone have (RFC 5246 7.4.1.4.1).
		ext = extension(ext, 13, vector([]byte{4, 1, 4, 3, 5, 1, 5, 3, 6, 1, 6, 3, 8, 4, 8, 5, 8, 6, 2, 1, 2, 3}))
	}
	body = append(body, vector(ext)...)
	message := append([]byte{clientHello, 0}, vector(body)...)
	return append([]byte{recordHandshake, 3, 1}, vector(message)...), nil
}

// vector is octets with their count before them.
func vector(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...) //nolint:gosec // ours, and short
}

func extension(ext []byte, kind uint16, data []byte) []byte {
	return append(binary.BigEndian.AppendUint16(ext, kind), vector(data)...)
}

// readAnswer reads records up to the end of the ServerHello, or an alert.
func readAnswer(in io.Reader, o Offer) (Choice, error) {
	var message []byte
	for range maxRecords {
		var head [5]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) || len(message) > 0 {
				err = fmt.Errorf("%w: it breaks off", ErrAnswer)
			}
			return Choice{}, err
		}
		size := int(binary.BigEndian.Uint16(head[3:]))
		if head[1] != 3 || size == 0 || size > maxRecord {
			return Choice{}, ErrAnswer
		}
		switch head[0] {
		case recordAlert:
			var alert [2]byte
			if size < 2 {
				return Choice{}, ErrAnswer
			}
			if _, err := io.ReadFull(in, alert[:]); err != nil {
				return Choice{}, ErrAnswer
			}
			if alert[0] == 1 { // a warning, such as unrecognized_name (RFC 6066 3): the answer comes after it
				if _, err := io.CopyN(io.Discard, in, int64(size-2)); err != nil {
					return Choice{}, ErrAnswer
				}
				continue
			}
			return refusal(alert[1])
		case recordHandshake:
		default:
			return Choice{}, ErrAnswer
		}
		// Only what the ServerHello can take is kept: the certificates may follow in the same record.
		part := make([]byte, min(size, maxHello-len(message)))
		if _, err := io.ReadFull(in, part); err != nil {
			return Choice{}, ErrAnswer
		}
		message = append(message, part...)
		if c, done, err := readServerHello(message, o); done || err != nil {
			return c, err
		}
		if len(message) >= maxHello {
			return Choice{}, ErrAnswer
		}
	}
	return Choice{}, ErrAnswer
}

// refusal is what a fatal alert says. Alerts that do not speak of the offer tell nothing of it.
func refusal(alert uint8) (Choice, error) {
	switch alert {
	case alertHandshakeFailure, alertIllegalParameter, alertDecodeError, alertProtocolVersion, alertInsufficientSecurity,
		alertInternalError:
		return Choice{Alert: alert}, nil
	}
	return Choice{}, fmt.Errorf("tlsprobe: alert %d", alert)
}

// readServerHello reads a message as far as it is there; done when it is whole. A server that chooses what was not
// offered is not believed.
func readServerHello(b []byte, o Offer) (c Choice, done bool, err error) {
	if len(b) > 0 && b[0] != serverHello {
		return c, false, ErrAnswer
	}
	if len(b) < 4 {
		return c, false, nil
	}
	size := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
	if size < 38 || size > maxHello-4 {
		return c, false, ErrAnswer
	}
	if len(b) < 4+size {
		return c, false, nil
	}
	b = b[4 : 4+size]
	c.Version = binary.BigEndian.Uint16(b)
	session := int(b[34]) // after the version and 32 random octets
	if session > 32 || len(b) < 35+session+3 {
		return Choice{}, false, ErrAnswer
	}
	c.Suite = binary.BigEndian.Uint16(b[35+session:])
	if c.Version < SSL30 || c.Version > o.Version || !slices.Contains(o.Suites, c.Suite) {
		return Choice{}, false, ErrAnswer
	}
	c.Accepted = true
	return c, true, nil
}
