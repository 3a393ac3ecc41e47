package asked

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
)

// Model tells which of several labels a text most likely has. Learn makes it; it is not changed after that.
type Model struct {
	labels  []string
	feature map[string]int
	rarity  []float32 // by feature
	weight  []int8    // by feature, then by label, in parts of the feature's scale
	scale   []float32 // by feature
	bias    []float32 // by label
}

// Example is a text that a label is known of, as its features.
type Example struct {
	Label    string
	Features []string
}

// Guess is a label and how likely it is, 0 to 1; the guesses of one text add up to 1.
type Guess struct {
	Label string
	P     float64
}

const (
	rounds       = 4    // times that every example is looked at: more make it no better on questions it has not seen
	roundsBeside = 2    // those in which texts are looked at that are no questions
	rate         = 0.9  // how far a weight goes at once
	damping      = 0.3  // what keeps the first steps short
	biasRate     = 0.02 // as rate, of what a label has without any feature
	enough       = 1e-2 // errors below this are left alone
	sharpness    = 2    // so few examples make a model shyer than it is wrong: what it holds likely is more so
	tiny         = 6    // weights of a feature that are left out, where its greatest is 127
	unheard      = 0.1  // how much a feature that no example has speaks against being sure, as a part of a rare one
)

// Learn makes a model of examples: multinomial logistic regression over features, weighed by how rare they are, with a
// step of its own for each weight (AdaGrad). The same examples in the same order make the same model.
//
// Beside are texts that are no questions, as sentences of the answers: their words are learnt, and what questions say
// counts for more.
func Learn(examples, beside []Example) *Model {
	questions := len(examples)
	examples = slices.Concat(examples, beside)
	m := &Model{feature: map[string]int{}}
	in, labels := map[string]int{}, map[string]bool{}
	for _, e := range examples {
		labels[e.Label] = true
		for _, f := range distinct(e.Features) {
			in[f]++
		}
	}
	m.labels = slices.Sorted(maps.Keys(labels))
	for _, f := range slices.Sorted(maps.Keys(in)) {
		if in[f] == 1 && !strings.HasPrefix(f, wordOf) && !strings.HasPrefix(f, signOf) { // heard once: its words say as much
			continue
		}
		m.feature[f] = len(m.rarity)
		m.rarity = append(m.rarity, float32(math.Log(1+float64(len(examples))/float64(in[f]))))
	}
	l := learner{Model: m, weight: make([]float32, len(m.rarity)*len(m.labels))}
	l.squares, m.bias = make([]float32, len(l.weight)), make([]float32, len(m.labels))
	vectors := make([][]entry, len(examples))
	for i, e := range examples {
		vectors[i] = m.vector(e.Features)
	}
	for round := range rounds {
		if round == roundsBeside {
			examples = examples[:questions]
		}
		for _, i := range spread(len(examples)) {
			right, _ := slices.BinarySearch(m.labels, examples[i].Label)
			l.learn(vectors[i], right)
		}
	}
	l.round()
	return m
}

// learner is a model whose weights still move.
type learner struct {
	*Model
	weight, squares []float32
}

// learn moves the weights towards one example.
func (l learner) learn(x []entry, right int) {
	n := len(l.labels)
	out := slices.Clone(l.bias)
	for _, e := range x {
		for i, w := range l.weight[e.feature*n : e.feature*n+n] {
			out[i] += w * e.value
		}
	}
	for i, p := range likely(out) {
		if i == right {
			p--
		}
		if p < enough && p > -enough {
			continue
		}
		l.bias[i] -= biasRate * p
		for _, e := range x {
			step, k := p*e.value, e.feature*n+i
			l.squares[k] += step * step
			l.weight[k] -= rate * step / (damping + float32(math.Sqrt(float64(l.squares[k]))))
		}
	}
}

// round brings the weights to one byte each: an eighth of what they take otherwise, and as good.
func (l learner) round() {
	n := len(l.labels)
	l.Model.weight, l.scale = make([]int8, len(l.weight)), make([]float32, len(l.rarity))
	for f := range l.rarity {
		row, most := l.weight[f*n:f*n+n], float32(0)
		for _, w := range row {
			most = max(most, w, -w)
		}
		l.scale[f] = most / math.MaxInt8
		for i, w := range row {
			if most > 0 {
				if q := int8(math.Round(float64(w / l.scale[f]))); q > tiny || q < -tiny {
					l.Model.weight[f*n+i] = q
				}
			}
		}
	}
}

// spread is an order of n things in which neighbours stand far from each other.
func spread(n int) []int {
	step := 1
	for _, s := range []int{7919, 1009, 101, 7} { // primes
		if n > s && n%s != 0 {
			step = s
			break
		}
	}
	out := make([]int, n)
	for i := range out {
		out[i] = i * step % n
	}
	return out
}

type entry struct {
	feature int
	value   float32
}

// vector is the features of a text that the model knows, by their rarity, at length 1 where it knows all.
func (m *Model) vector(features []string) []entry {
	var out []entry
	whole, rare := float32(0), float32(math.Log(1+float64(len(m.labels))))
	for _, f := range distinct(features) {
		i, ok := m.feature[f]
		if !ok {
			if !strings.HasPrefix(f, piece) {
				whole += unheard * rare * rare
			}
			continue
		}
		out = append(out, entry{i, m.rarity[i]})
		whole += m.rarity[i] * m.rarity[i]
	}
	length := float32(math.Sqrt(float64(whole)))
	for i := range out {
		out[i].value /= length
	}
	return out
}

// likely makes of what speaks for each label how likely it is.
func likely(p []float32) []float32 {
	most, sum := slices.Max(p), float32(0)
	for l := range p {
		p[l] = float32(math.Exp(float64(p[l] - most)))
		sum += p[l]
	}
	for l := range p {
		p[l] /= sum
	}
	return p
}

// Guess is every label with its likelihood, the most likely first; none of a model without examples.
func (m *Model) Guess(features []string) (out []Guess) {
	if len(m.labels) == 0 {
		return nil
	}
	n, sum, said := len(m.labels), 0.0, slices.Clone(m.bias)
	for _, e := range m.vector(features) {
		for l, w := range m.weight[e.feature*n : e.feature*n+n] {
			said[l] += float32(w) * m.scale[e.feature] * e.value
		}
	}
	for l, p := range likely(said) {
		out = append(out, Guess{m.labels[l], math.Pow(float64(p), sharpness)})
		sum += out[l].P
	}
	for l := range out {
		out[l].P /= sum
	}
	slices.SortStableFunc(out, func(a, b Guess) int { return cmp.Compare(b.P, a.P) })
	return out
}

func distinct(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
