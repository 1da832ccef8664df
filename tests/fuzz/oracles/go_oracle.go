// Go's net/http as an oracle, on connections without a network; process_oracle.ts is the other end.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"regexp"
	"sync"
	"time"
)

type seen struct {
	Method   string   `json:"method"`
	Target   string   `json:"target"`
	Fields   []string `json:"fields"`
	Body     string   `json:"body"`
	Complete bool     `json:"complete"`
}

type reading struct {
	Requests []*seen `json:"requests"`
	Error    *string `json:"error"`
}

// A connection whose client has sent everything; answers are kept only to see how the last one begins.
type wire struct {
	in     *bytes.Reader
	mutex  sync.Mutex
	out    bytes.Buffer
	closed chan struct{}
	once   sync.Once
	result reading
}

func (w *wire) Read(p []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.in.Read(p)
}

func (w *wire) Write(p []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.out.Write(p)
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

type place struct{}

func (place) Network() string { return "memory" }
func (place) String() string  { return "memory" }

func (w *wire) LocalAddr() net.Addr              { return place{} }
func (w *wire) RemoteAddr() net.Addr             { return place{} }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

type listener chan *wire

func (l listener) Accept() (net.Conn, error) { return <-l, nil }
func (l listener) Close() error              { return nil }
func (l listener) Addr() net.Addr            { return place{} }

type wireKey struct{}

func latin1(bytes []byte) string {
	runes := make([]rune, len(bytes))
	for i, b := range bytes {
		runes[i] = rune(b)
	}
	return string(runes)
}

func serve(response http.ResponseWriter, request *http.Request) {
	w := request.Context().Value(wireKey{}).(*wire)
	s := &seen{Method: request.Method, Target: latin1([]byte(request.RequestURI)), Fields: []string{}}
	w.result.Requests = append(w.result.Requests, s)
	body, err := io.ReadAll(request.Body)
	s.Body = latin1(body)
	s.Complete = err == nil
	if err != nil {
		text := err.Error()
		w.result.Error = &text
	}
}

var refusal = regexp.MustCompile(`HTTP/1\.[01] ([45]\d\d)`)

func (w *wire) reading() reading {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if found := refusal.FindSubmatch(w.out.Bytes()); found != nil && w.result.Error == nil {
		status := string(found[1])
		w.result.Error = &status
	}
	return w.result
}

func number(from io.Reader) (uint32, error) {
	var n uint32
	err := binary.Read(from, binary.LittleEndian, &n)
	return n, err
}

func main() {
	connections := make(listener)
	server := &http.Server{
		Handler:                      http.HandlerFunc(serve),
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, wireKey{}, conn)
		},
	}
	go server.Serve(connections)
	for {
		count, err := number(os.Stdin)
		if err != nil {
			return
		}
		wires := make([]*wire, count)
		for i := range wires {
			length, _ := number(os.Stdin)
			stream := make([]byte, length)
			io.ReadFull(os.Stdin, stream)
			wires[i] = &wire{in: bytes.NewReader(stream), closed: make(chan struct{})}
			wires[i].result.Requests = []*seen{}
		}
		for _, w := range wires {
			connections <- w
		}
		readings := make([]reading, count)
		for i, w := range wires {
			<-w.closed
			readings[i] = w.reading()
		}
		answer, _ := json.Marshal(readings)
		binary.Write(os.Stdout, binary.LittleEndian, uint32(len(answer)))
		os.Stdout.Write(answer)
	}
}
